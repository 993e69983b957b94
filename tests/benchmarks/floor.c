/* floor DIR JOBS: start every file of DIR with posix_spawn, JOBS at a time, and wait for it. What no runner can beat. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static int compare(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    int jobs = atoi(argv[2]), count = 0, running = 0, next = 0, bad = 0, status;
    char **files = NULL;
    DIR *directory = opendir(argv[1]);
    if (!directory) return 2;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.') continue;
        files = realloc(files, (count + 1) * sizeof *files);
        if (asprintf(&files[count++], "%s/%s", argv[1], entry->d_name) < 0) return 2;
    }
    qsort(files, count, sizeof *files, compare);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    while (next < count || running) {
        for (; running < jobs && next < count; running++, next++) {
            pid_t pid;
            char *words[] = {files[next], NULL};
            if (posix_spawn(&pid, files[next], &actions, NULL, words, environ)) return 2;
        }
        if (wait(&status) > 0) {
            running--;
            bad += status != 0;
        }
    }
    printf("%d run, %d bad\n", count, bad);
    return bad != 0;
}
