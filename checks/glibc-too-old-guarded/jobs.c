#include <pthread.h>

static void *work(void *n) { return n; }

int jobs_run(int start) {
    pthread_t thread;
    pthread_create(&thread, 0, work, &start);
    pthread_join(thread, 0);
    return start;
}
