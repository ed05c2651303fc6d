#include "cli/port.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LISTENS = 0x0a, /* TCP_LISTEN, as /proc/net/tcp counts states. */
    LINE_SIZE = 512,
    PATH_SIZE = 300,
};

bool qc_port_is_free(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool free;

    if (fd < 0) {
        return false;
    }
    /* As the daemon does: connections that linger do not count. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    free = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
           listen(fd, 1) == 0;
    close(fd);
    return free;
}

/* The inode of the socket that listens on |port|, by |table|; 0 for none. A
 * line is "sl local:port remote:port state queues timer retransmits uid
 * timeout inode ...", addresses and state in hex. */
static unsigned long listening_inode(const char *table, uint16_t port)
{
    unsigned long found = 0;
    char line[LINE_SIZE];
    FILE *stream = fopen(table, "r");

    if (stream == NULL) {
        return 0;
    }
    while (found == 0 && fgets(line, sizeof(line), stream) != NULL) {
        unsigned local_port;
        unsigned state;
        unsigned long inode;

        /* NOLINTNEXTLINE(cert-err34-c): the kernel writes it. */
        if (sscanf(line,
                   " %*[^:]: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %lu",
                   &local_port, &state, &inode) == 3 &&
            local_port == port && state == LISTENS) {
            found = inode;
        }
    }
    fclose(stream);
    return found;
}

/* Whether a file of process |pid| is the socket |link|. */
static bool has_socket(const char *pid, const char *link)
{
    char path[PATH_SIZE];
    bool found = false;
    struct dirent *entry;
    DIR *files;

    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    files = opendir(path);
    while (files != NULL && !found && (entry = readdir(files)) != NULL) {
        char target[64];
        ssize_t size;

        size =
            readlinkat(dirfd(files), entry->d_name, target, sizeof(target) - 1);
        if (size > 0) {
            target[size] = '\0';
            found = strcmp(target, link) == 0;
        }
    }
    if (files != NULL) {
        closedir(files);
    }
    return found;
}

static void read_program(const char *pid, char name_out[QC_PROGRAM_NAME_SIZE])
{
    char path[PATH_SIZE];
    FILE *stream;

    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    stream = fopen(path, "r");
    if (stream == NULL ||
        fgets(name_out, QC_PROGRAM_NAME_SIZE, stream) == NULL) {
        snprintf(name_out, QC_PROGRAM_NAME_SIZE, "?");
    }
    name_out[strcspn(name_out, "\n")] = '\0';
    if (stream != NULL) {
        fclose(stream);
    }
}

bool qc_port_find_holder(uint16_t port, struct qc_port_holder *holder_out)
{
    unsigned long inode = listening_inode("/proc/net/tcp", port);
    bool found = false;
    struct dirent *entry;
    char link[64];
    DIR *processes;

    if (inode == 0) {
        inode = listening_inode("/proc/net/tcp6", port);
    }
    processes = inode != 0 ? opendir("/proc") : NULL;
    snprintf(link, sizeof(link), "socket:[%lu]", inode);
    while (processes != NULL && !found &&
           (entry = readdir(processes)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0 && has_socket(entry->d_name, link)) {
            holder_out->pid = (pid_t)pid;
            read_program(entry->d_name, holder_out->program);
            found = true;
        }
    }
    if (processes != NULL) {
        closedir(processes);
    }
    return found;
}

bool qc_port_claim(uint16_t port)
{
    struct qc_port_holder holder;

    if (qc_port_is_free(port)) {
        return true;
    }
    if (qc_port_find_holder(port, &holder)) {
        fprintf(stderr, "qcctl: port %u is in use by %s (pid %ld)\n", port,
                holder.program, (long)holder.pid);
    } else {
        fprintf(stderr, "qcctl: port %u is in use\n", port);
    }
    return false;
}
