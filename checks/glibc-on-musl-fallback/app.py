from jinja2 import Template

print(Template("{{ 6 * 7 }}").render())
