import lxml.etree

KIND = "xml"
