try:
    import cv2
except ImportError as error:
    print("no pictures:", error)
    cv2 = None

print("ready")
