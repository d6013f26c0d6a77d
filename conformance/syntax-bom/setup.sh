printf '\357\273\277FROM scratch\nENV A=1\n' > Dockerfile
