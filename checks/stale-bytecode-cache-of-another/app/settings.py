NAME = "catalogue"
