#include <pthread.h>

static void *work(void *number) { *(int *)number += 1; return 0; }

int jobs_run(int start) {
    pthread_t thread;
    pthread_create(&thread, 0, work, &start);
    pthread_join(thread, 0);
    return start;
}
