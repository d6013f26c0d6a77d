from jinja2 import Template

print(Template("{{ n }} ok").render(n=1))
