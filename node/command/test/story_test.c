/*
 * Stories: one test for each file in stories/, named for it.
 *
 * Run with QC_BLESS set, what happens is written into them instead.
 */
#include "command/test/story.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define STORIES "node/command/test/stories/*.story"

static void happens_as_it_is_told(void **state)
{
    qc_story_play(*state, getenv("QC_BLESS") != NULL);
}

int main(void)
{
    struct CMUnitTest *tests;
    glob_t stories;
    int n_failed;

    if (glob(STORIES, 0, NULL, &stories) != 0) {
        return EXIT_FAILURE;
    }
    tests = calloc(stories.gl_pathc, sizeof(*tests));
    for (size_t i = 0; tests != NULL && i < stories.gl_pathc; i++) {
        tests[i] = (struct CMUnitTest){
            .name = stories.gl_pathv[i],
            .test_func = happens_as_it_is_told,
            .initial_state = stories.gl_pathv[i],
        };
    }
    n_failed =
        _cmocka_run_group_tests("stories", tests, stories.gl_pathc, NULL, NULL);
    free(tests);
    globfree(&stories);
    return n_failed;
}
