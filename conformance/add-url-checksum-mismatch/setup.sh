echo hello > ../www/f
