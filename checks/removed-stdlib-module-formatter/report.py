import formatter
import sys

writer = formatter.DumbWriter(sys.stdout)
writer.send_flowing_data("report\n")
