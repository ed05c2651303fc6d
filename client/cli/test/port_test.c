#include "cli/port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void a_busy_port_is_known_by_who_listens_on_it(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct qc_port_holder holder;
    uint16_t port;

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);

    assert_false(qc_port_is_free(port));
    assert_true(qc_port_find_holder(port, &holder));
    assert_int_equal(holder.pid, getpid());
    assert_string_equal(holder.program, "port_test");

    close(fd);
    assert_true(qc_port_is_free(port));
    assert_false(qc_port_find_holder(port, &holder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_busy_port_is_known_by_who_listens_on_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
