#include <pthread.h>
#include <stdio.h>

static void *work(void *text) { puts(text); return NULL; }

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, "report written");
    pthread_join(thread, NULL);
    return 0;
}
