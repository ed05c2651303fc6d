/* quorumcalld: one node of a cluster. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "daemon/config.h"
#include "daemon/logger.h"
#include "daemon/node.h"

extern char **environ;

enum {
    EXIT_USAGE = 2,
    CONFIG_ARENA_SIZE = 16 * 1024 * 1024,
    TEXT_SIZE = 1024,
    OPTION_INIT = 256,
};

static const char USAGE[] =
    "usage: quorumcalld -c FILE [--init] [--KEY=VALUE ...]\n"
    "\n"
    "Runs one node of a Quorumcall cluster until SIGTERM.\n"
    "\n"
    "  -c, --config FILE  configuration, as YAML (see quorumcalld.yaml)\n"
    "      --init         make the data directory of a node of a new cluster,\n"
    "                     from initial_members, and exit; once per node, and\n"
    "                     never for a node that has lost its data\n"
    "      --KEY=VALUE    overrides a key of the file, as --log-level=debug "
    "or\n"
    "                     --raft.heartbeat-ms=50; the environment does the\n"
    "                     same, as QUORUMCALL_RAFT__HEARTBEAT_MS=50\n"
    "  -V, --version      say which release this is\n"
    "  -h, --help         say this\n"
    "\n"
    "Exit codes: 0 stopped well, 1 cannot run, 2 usage or configuration,\n"
    "70 a fault: the node has stopped itself, and its log says why.\n";

struct options {
    struct qc_config_sources sources;
    bool init;
};

/* An unknown long option is a key of the configuration. */
static bool take_key(struct options *options, const char *argument)
{
    if (strncmp(argument, "--", 2) != 0 || strchr(argument, '=') == NULL ||
        options->sources.n_flags == QC_CONFIG_FLAGS_MAX) {
        return false;
    }
    options->sources.flags[options->sources.n_flags++] = argument + 2;
    return true;
}

/* 0 to go on; else the exit code plus one. */
static int options_read(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"init", no_argument, NULL, OPTION_INIT},
        {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "c:Vh", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->sources.file = optarg;
            break;
        case OPTION_INIT:
            options->init = true;
            break;
        case 'V':
            printf("quorumcalld %s\n", QC_VERSION);
            return 1;
        case 'h':
            fputs(USAGE, stdout);
            return 1;
        default:
            if (!take_key(options, argv[optind - 1])) {
                fprintf(stderr, "quorumcalld: %s: not understood\n%s",
                        argv[optind - 1], USAGE);
                return EXIT_USAGE + 1;
            }
        }
    }
    if (options->sources.file == NULL || optind < argc) {
        fprintf(stderr, "quorumcalld: -c FILE is needed, and nothing else\n%s",
                USAGE);
        return EXIT_USAGE + 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {.sources = {.environment = environ}};
    Qc__Config__NodeConfig *config;
    struct qc_logger logger;
    struct qc_arena arena;
    char text[TEXT_SIZE];
    int code = options_read(argc, argv, &options);

    if (code != 0) {
        return code - 1;
    }
    signal(SIGPIPE, SIG_IGN);
    qc_logger_init(&logger);
    qc_arena_init(&arena, CONFIG_ARENA_SIZE);
    if (!qc_limits_load()) {
        fputs("quorumcalld: out of memory\n", stderr);
        code = 1;
    } else if (!qc_config_read(&options.sources, &arena, &config, text,
                               sizeof(text))) {
        fprintf(stderr, "quorumcalld: %s\n", text);
        code = EXIT_USAGE;
    } else if (!qc_level_read(config->log_level, &logger.least)) {
        fprintf(stderr,
                "quorumcalld: log_level: %s: must be debug, info, warn "
                "or error\n",
                config->log_level);
        code = EXIT_USAGE;
    } else {
        logger.node_id = config->node_id;
        code = options.init ? qc_node_init(config, &logger)
                            : qc_node_run(config, &logger);
    }
    qc_arena_done(&arena);
    return code;
}
