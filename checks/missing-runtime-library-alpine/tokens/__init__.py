from tokens._scan import WIDTH
