#include <stdio.h>

int main(int count, char **words) { return printf("hello %s\n", count > 1 ? words[1] : "") < 0; }
