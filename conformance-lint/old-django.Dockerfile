FROM python:3.11-slim
MAINTAINER Someone <someone@example.org>
ENV PYTHONUNBUFFERED 1
ENV DJANGO_SETTINGS_MODULE mysite.settings
RUN mkdir /code
WORKDIR /code
ADD requirements.txt /code/
RUN pip install -r requirements.txt
ADD . /code/
EXPOSE 8000
CMD python manage.py runserver 0.0.0.0:8000
