/* quorumcalld: one node of a cluster. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "codec/limits.h"
#include "daemon/config.h"
#include "daemon/config_dump.h"
#include "daemon/logger.h"
#include "daemon/node.h"
#include "daemon/offline.h"
#include "daemon/process.h"

extern char **environ;

enum {
    EXIT_USAGE = 2,
    CONFIG_ARENA_SIZE = 16 * 1024 * 1024,
    TEXT_SIZE = 1024,
};

/* What is to be done; each but RUN is an option of its own. */
enum mode {
    RUN,
    INIT = 256, /* Above all characters. */
    JOIN,
    RECOVER,
    RESTORE,
    INSPECT,
    CHECK_CONFIG,
    DUMP_CONFIG,
    DRY_RUN,
};

static const char USAGE[] =
    "usage: quorumcalld -c FILE [MODE] [--KEY=VALUE ...]\n"
    "       quorumcalld --inspect BACKUP\n"
    "\n"
    "Runs one node of a Quorumcall cluster until SIGTERM; or, with a mode, "
    "does\n"
    "something to its data directory while it does not run.\n"
    "\n"
    "  -c, --config FILE     configuration, as YAML (see quorumcalld.yaml)\n"
    "      --init            make the directory of a node of a new cluster,\n"
    "                        from initial_members; once per node, and never\n"
    "                        for a node that has lost its data\n"
    "      --join            make the directory of a node that joins a "
    "cluster;\n"
    "                        initial_members are members that it has. Then "
    "run\n"
    "                        it, and add it by qcctl member add\n"
    "      --restore BACKUP  make the directory of a node of a new cluster "
    "that\n"
    "                        begins with a backup; the same on each of its\n"
    "                        nodes, under a new cluster_id\n"
    "      --inspect BACKUP  check a backup, and say what is in it\n"
    "      --recover         make this node the only member of a cluster that\n"
    "                        has lost its majority for ever; on one node "
    "only,\n"
    "                        the one whose log is the longest\n"
    "      --dry-run         with --recover: say what would be done\n"
    "      --check-config    read all of the configuration, and say \"ok\" or "
    "what\n"
    "                        is wrong\n"
    "      --dump-config FORMAT\n"
    "                        say what each key is, and where from; FORMAT is\n"
    "                        table or json\n"
    "      --KEY=VALUE       overrides a key of the file, as\n"
    "                        --log-level=debug or --raft.heartbeat-ms=50; the\n"
    "                        environment does the same, as\n"
    "                        QUORUMCALL_RAFT__HEARTBEAT_MS=50, and so do\n"
    "                        quorumcalld.d/*.yaml beside quorumcalld.yaml\n"
    "  -V, --version         say which release this is\n"
    "  -h, --help            say this\n"
    "\n"
    "SIGTERM hands leadership over, ends the calls under way, and stops; a\n"
    "second one stops at once.\n"
    "\n"
    "Exit codes: 0 stopped well, or done; 1 cannot run, was removed, or was "
    "not\n"
    "done; 2 usage or configuration; 70 a fault: the node has stopped itself,\n"
    "and its log says why.\n";

struct options {
    struct qc_config_sources sources;
    enum mode mode;
    const char *word; /* The argument of RESTORE, INSPECT or DUMP_CONFIG. */
    bool dry_run;
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

/* False when two modes are asked for. */
static bool take_mode(struct options *options, int mode)
{
    if (mode == DRY_RUN) {
        options->dry_run = true;
        return true;
    }
    if (options->mode != RUN) {
        return false;
    }
    options->mode = (enum mode)mode;
    if (mode == RESTORE || mode == INSPECT || mode == DUMP_CONFIG) {
        options->word = optarg;
    }
    return true;
}

static int usage_error(const char *what, const char *why)
{
    fprintf(stderr, "quorumcalld: %s%s\n%s", what, why, USAGE);
    return EXIT_USAGE + 1;
}

/* What goes together. 0 or the exit code plus one. */
static int options_check(const struct options *options, bool more)
{
    if (options->dry_run && options->mode != RECOVER) {
        return usage_error("--dry-run", " goes with --recover only");
    }
    if (more || (options->sources.file == NULL && options->mode != INSPECT)) {
        return usage_error("-c FILE", " is needed, and nothing else");
    }
    return 0;
}

/* 0 to go on; else the exit code plus one. */
static int options_read(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {"init", no_argument, NULL, INIT},
        {"join", no_argument, NULL, JOIN},
        {"recover", no_argument, NULL, RECOVER},
        {"restore", required_argument, NULL, RESTORE},
        {"inspect", required_argument, NULL, INSPECT},
        {"check-config", no_argument, NULL, CHECK_CONFIG},
        {"dump-config", required_argument, NULL, DUMP_CONFIG},
        {"dry-run", no_argument, NULL, DRY_RUN},
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
        case 'V':
            printf("quorumcalld %s\n", QC_VERSION);
            return 1;
        case 'h':
            fputs(USAGE, stdout);
            return 1;
        case '?':
            if (!take_key(options, argv[optind - 1])) {
                return usage_error(argv[optind - 1], ": not understood");
            }
            break;
        default:
            if (!take_mode(options, option)) {
                return usage_error(argv[optind - 1], ": one mode at a time");
            }
        }
    }
    return options_check(options, optind < argc);
}

static int dump(const struct options *options, const struct qc_config *config)
{
    if (strcmp(options->word, "json") == 0) {
        return qc_config_dump_json(config, stdout);
    }
    if (strcmp(options->word, "table") == 0) {
        return qc_config_dump_table(config, stdout);
    }
    return usage_error("--dump-config", ": the format is table or json") - 1;
}

/* The files of TLS too: the rest has been read. */
static int check(const Qc__Config__NodeConfig *config)
{
    char text[TEXT_SIZE];

    if (!qc_node_check_tls(config, text, sizeof(text))) {
        fprintf(stderr, "quorumcalld: tls: %s\n", text);
        return EXIT_USAGE;
    }
    puts("ok");
    return 0;
}

static int run(const struct options *options,
               const struct qc_config *read,
               struct qc_logger *logger)
{
    const Qc__Config__NodeConfig *config = read->node;

    switch (options->mode) {
    case INIT:
        return qc_node_init(config, logger);
    case JOIN:
        return qc_node_join(config, logger);
    case RESTORE:
        return qc_node_restore(config, logger, options->word);
    case RECOVER:
        return qc_node_recover(config, logger, options->dry_run);
    case INSPECT:
        return qc_node_inspect(logger, options->word);
    case CHECK_CONFIG:
        return check(config);
    case DUMP_CONFIG:
        return dump(options, read);
    case RUN:
    case DRY_RUN: /* No mode of its own. */
    default:
        return qc_node_run(read, &options->sources, logger);
    }
}

int main(int argc, char **argv)
{
    struct options options = {.sources = {.environment = environ}};
    struct qc_config config = {.node = NULL};
    struct qc_logger logger;
    struct qc_arena arena;
    char text[TEXT_SIZE];
    int code = options_read(argc, argv, &options);

    if (code != 0) {
        return code - 1;
    }
    qc_process_keep_memory();
    signal(SIGPIPE, SIG_IGN);
    qc_logger_init(&logger);
    qc_arena_init(&arena, CONFIG_ARENA_SIZE);
    if (!qc_limits_load()) {
        fputs("quorumcalld: out of memory\n", stderr);
        code = 1;
    } else if (options.mode == INSPECT) {
        code = run(&options, &config, &logger);
    } else if (!qc_config_read(&options.sources, &arena, &config, text,
                               sizeof(text))) {
        fprintf(stderr, "quorumcalld: %s\n", text);
        code = EXIT_USAGE;
    } else {
        qc_config_set_logger(config.node, &logger);
        code = run(&options, &config, &logger);
    }
    qc_arena_done(&arena);
    return code;
}
