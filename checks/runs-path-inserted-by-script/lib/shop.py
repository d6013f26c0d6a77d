import staff


def open_shop():
    return staff.COUNT
