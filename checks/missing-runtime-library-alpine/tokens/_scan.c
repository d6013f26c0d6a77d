/* the stable ABI by hand: no headers of Python here */
typedef struct object PyObject;
struct definition {
    long references; void *type; void *init; long index; void *copy;
    const char *name; const char *text; long size; void *rest[5];
};
extern PyObject *PyModule_Create2(struct definition *, int);
extern int PyModule_AddIntConstant(PyObject *, const char *, long);

static struct definition scan = {1, 0, 0, 0, 0, "_scan", 0, -1, {0}};

PyObject *PyInit__scan(void) {
    PyObject *module = PyModule_Create2(&scan, 3);
    if (module) PyModule_AddIntConstant(module, "WIDTH", 8);
    return module;
}
