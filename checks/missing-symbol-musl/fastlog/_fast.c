typedef struct object PyObject;
extern const char *gnu_get_libc_version(void);
extern PyObject *PyUnicode_FromString(const char *);
extern PyObject *PyModule_Create2(void *, int);

PyObject *PyInit__fast(void) {
    PyUnicode_FromString(gnu_get_libc_version());
    return (PyObject *)0;
}
