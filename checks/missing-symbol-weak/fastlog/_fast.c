/* the stable ABI by hand: no headers of Python here */
typedef struct object PyObject;
struct definition {
    long references; void *type; void *init; long index; void *copy;
    const char *name; const char *text; long size; void *rest[5];
};
extern const char *gnu_get_libc_version(void) __attribute__((weak));
extern PyObject *PyModule_Create2(struct definition *, int);
extern int PyModule_AddIntConstant(PyObject *, const char *, long);

static struct definition fast = {1, 0, 0, 0, 0, "_fast", 0, -1, {0}};

PyObject *PyInit__fast(void) {
    PyObject *module = PyModule_Create2(&fast, 3);
    if (module) PyModule_AddIntConstant(module, "GLIBC", gnu_get_libc_version != 0);
    return module;
}
