def page(n):
    return f"<p>{n}</p>"
