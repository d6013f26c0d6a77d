FROM python:3.11-slim
COPY <<EOF /etc/app.conf
user=$APP_USER
EOF
COPY <<"EOF" /etc/plain.conf
user=$APP_USER
EOF
RUN <<EOF
echo $APP_USER
EOF
