extern const char *gnu_get_libc_version(void) __attribute__((weak));

int is_glibc(void) { return gnu_get_libc_version != 0; }
