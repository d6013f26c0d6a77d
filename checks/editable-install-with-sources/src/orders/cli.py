def main():
    print("orders 1.0")
