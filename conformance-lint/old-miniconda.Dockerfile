FROM python:3.11-slim as conda
SHELL ["/bin/bash", "--login", "-c"]
ENV PATH /opt/conda/bin:$PATH
ENV LD_LIBRARY_PATH=/opt/conda/lib:$LD_LIBRARY_PATH
RUN wget -qO- https://example.org/install.sh | bash
ENTRYPOINT conda run -n app python app.py

from conda as test
run pytest
