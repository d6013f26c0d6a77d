print("pipeline: pip, uv, poetry")
