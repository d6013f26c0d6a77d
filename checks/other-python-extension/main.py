from pydantic import BaseModel


class Item(BaseModel):
    name: str


print(Item(name="first").model_dump_json())
