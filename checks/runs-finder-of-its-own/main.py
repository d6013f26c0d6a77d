import boot
import virtual_cfg

print("virtual", virtual_cfg.N)
