import pymysql

pymysql.install_as_MySQLdb()

import MySQLdb

print(MySQLdb.__name__)
