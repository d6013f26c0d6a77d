	FROM python:3.11-slim as a
   RUN true
	CMD   python app.py
