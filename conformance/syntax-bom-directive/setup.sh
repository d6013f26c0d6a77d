printf '\357\273\277# escape=`\nFROM scratch\nENV A=1 `\n B=2\n' > Dockerfile
printf '\357\273\277a.txt\n' > .dockerignore
