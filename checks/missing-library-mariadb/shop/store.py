import MySQLdb


def driver():
    return MySQLdb.version_info
