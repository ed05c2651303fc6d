/*
 * Stories: what happens over time, as text. Test support; never linked in.
 *
 *     # Why this is told.
 *     include shop
 *     at 10:00:05
 *     ann: allocate_number subject=sales customer_phone=+447700900001
 *     +30s
 *     match_call dnis=$ann.number ani=+447700900001 -> result redial
 *     ----
 *     done allocation_id=al_1 ...
 *     done result=MATCH_RESULT_MATCHED
 *
 * Blocks are parted by empty lines. Above ---- stand commands, one a line:
 * the snake name of an RPC and its fields, by path (fields.h). A name and a
 * colon before it name its answer, and $name.path is a field of that. After ->
 * stand the fields to be told; without it all are, but revisions and times of
 * change. "at" and "+" let time pass, each timer firing in its time; "outage"
 * lets it pass unheard. "configure" and node ids, those of standbys followed by
 * "?", is a configuration of the log, of nodes at node1:7400 and so on.
 * "name: effect" and fields writes an effect, as transitions do; times that
 * begin with "+" are so much later. "include" plays the file of that name
 * ending in .setup.
 *
 * Below ---- stands an answer for each command. Ids and tokens are numbered as
 * they come up, and times are shown as of the day the story begins.
 */
#ifndef QC_COMMAND_TEST_STORY_H
#define QC_COMMAND_TEST_STORY_H

#include <stdbool.h>

/* Plays the story in |path|; the test that runs fails unless what happens is
 * what the story says. If |bless|, what happens becomes what it says. */
void qc_story_play(const char *path, bool bless);

#endif
