/* SPDX-License-Identifier: Apache-2.0
 * mail: from lines to a tree. */
#include "mail_tree_private.h"

#include "memory.h"

/* A multipart whose last delimiter has not come yet. */
struct open_multipart {
    size_t entity;
    struct bytes boundary; /* of that entity; never empty */
    bool begun;            /* its first delimiter has come */
};

struct walk {
    struct bytes rest; /* what has not been read */
    struct mail_tree *tree;
    struct open_multipart open[MAIL_DEPTH_MAX]; /* from the outermost to the innermost */
    size_t depth;
    size_t leaf; /* whose body is being read, or NO_LEAF in an epilogue */
    bool full;   /* there is no room for another entity */
};

#define NO_LEAF SIZE_MAX
#define NO_LEVEL SIZE_MAX

static struct mail_entity *entity_at(const struct walk *walk, size_t at)
{
    return &walk->tree->entities[at];
}

/* --- delimiters --- */

/* "--boundary", then "--" if it is the last, then blanks. */
static bool is_delimiter(struct bytes line, struct bytes boundary, bool *last_out)
{
    struct bytes rest = bytes_from(line, 2);
    if (!bytes_starts(rest, boundary))
        return false;
    rest = bytes_from(rest, boundary.n);
    bool last = bytes_starts(rest, BYTES_LITERAL("--"));
    if (bytes_trim(bytes_from(rest, last ? 2 : 0)).n > 0)
        return false;
    *last_out = last;
    return true;
}

/* Which open multipart a line delimits, from the innermost outwards. */
static size_t delimited_level(const struct walk *walk, struct bytes line, bool *last_out)
{
    if (!bytes_starts(line, BYTES_LITERAL("--")))
        return NO_LEVEL;
    for (size_t level = walk->depth; level-- > 0;) {
        if (is_delimiter(line, walk->open[level].boundary, last_out))
            return level;
    }
    return NO_LEVEL;
}

/* --- headers --- */

struct slot {
    const char *name;
    struct bytes *value;
    bool seen;
};

/* The first field of a name counts, whatever it says. */
static void keep_field(struct slot *slots, size_t slots_n, struct bytes field)
{
    size_t colon = bytes_index(field, ':');
    struct bytes name = bytes_trim(bytes_first(field, colon));
    for (size_t i = 0; i < slots_n; i++) {
        if (slots[i].seen || !bytes_equal_nocase(name, bytes_text(slots[i].name)))
            continue;
        slots[i].seen = true;
        *slots[i].value = bytes_from(field, colon + 1);
    }
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* "name: …", the name of printable ASCII but the colon (RFC 5322 §3.6.8), blanks before the colon
 * forgiven. */
static bool is_field(struct bytes line)
{
    size_t n = 0;
    while (n < line.n && line.p[n] > ' ' && line.p[n] < 0x7F && line.p[n] != ':')
        n++;
    size_t name_n = n;
    while (n < line.n && is_blank(line.p[n]))
        n++;
    return name_n > 0 && n < line.n && line.p[n] == ':';
}

/* Take a field with its folded lines off the rest. False, and nothing taken but a blank line, at
 * the end. */
static bool take_field(struct walk *walk, struct bytes *field_out)
{
    struct bytes after = walk->rest, line;
    bool last = false;
    if (!bytes_line(&after, &line))
        return false;
    if (line.n == 0)
        walk->rest = after;
    if (!is_field(line) || delimited_level(walk, line, &last) != NO_LEVEL)
        return false;

    struct bytes header = walk->rest;
    do {
        walk->rest = after;
    } while (bytes_line(&after, &line) && line.n > 0 && is_blank(line.p[0]));
    *field_out = bytes_first(header, header.n - walk->rest.n);
    return true;
}

static void read_header(struct walk *walk, struct slot *slots, size_t slots_n)
{
    size_t read = 0;
    struct bytes field;
    while (take_field(walk, &field)) {
        if (read < MAIL_HEADER_MAX)
            keep_field(slots, slots_n, field);
        read += field.n;
        walk->tree->truncated |= read > MAIL_HEADER_MAX;
    }
}

/* --- entities --- */

static const char *default_type(const struct mail_entity *parent)
{
    return strcmp(parent->content.type, "multipart/digest") == 0 ? "message/rfc822" : "text/plain";
}

/* What its type says is a multipart may turn out to be one text. */
static void make_text(struct mail_entity *entity)
{
    entity->multipart = false;
    memcpy(entity->content.type, "text/plain", sizeof "text/plain");
}

/* Begin a body. It goes on to the next delimiter; until that comes, to the end of the mail. */
static void begin_body(struct walk *walk, size_t at)
{
    struct mail_entity *entity = entity_at(walk, at);
    struct bytes boundary = bytes_text(entity->content.boundary);
    entity->body = walk->rest;
    walk->leaf = at;
    if (!bytes_starts(bytes_text(entity->content.type), BYTES_LITERAL("multipart/")))
        return;
    if (boundary.n == 0) {
        make_text(entity);
    } else if (walk->depth == MAIL_DEPTH_MAX) {
        walk->tree->more_parts = true;
    } else {
        entity->multipart = true;
        walk->open[walk->depth++] = (struct open_multipart){at, boundary, false};
    }
}

/* Begin the entity that stands at the rest: its header, and what its body will be. */
static void begin_entity(struct walk *walk)
{
    struct mail_tree *tree = walk->tree;
    size_t at = tree->entities_n++;
    struct mail_entity *entity = entity_at(walk, at);
    entity->parent = walk->depth == 0 ? at : walk->open[walk->depth - 1].entity;

    /* The root's header has more to say than the others'. */
    struct mail_fields fields = {0};
    struct mail_header *header = &tree->header;
    struct slot slots[] = {{"content-type", &fields.type, false},
                           {"content-transfer-encoding", &fields.encoding, false},
                           {"content-disposition", &fields.disposition, false},
                           {"content-id", &fields.id, false},
                           {"from", &header->from, false},
                           {"to", &header->to, false},
                           {"cc", &header->cc, false},
                           {"date", &header->date, false},
                           {"subject", &header->subject, false}};
    read_header(walk, slots, at == 0 ? 9 : 4);
    mail_fields_read(&fields, default_type(entity_at(walk, entity->parent)), &entity->content);
    begin_body(walk, at);
}

/* The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1). */
static void end_leaf(struct walk *walk, const uint8_t *end)
{
    if (walk->leaf == NO_LEAF)
        return;
    struct bytes *body = &entity_at(walk, walk->leaf)->body;
    body->n = (size_t)(end - body->p);
    if (body->n > 0 && body->p[body->n - 1] == '\n')
        body->n--;
    if (body->n > 0 && body->p[body->n - 1] == '\r')
        body->n--;
    walk->leaf = NO_LEAF;
}

/* Multiparts inside `level` are over, and `level` itself with its last delimiter. One whose first
 * delimiter has not come is no multipart: what stands there is its text. */
static void close_inner(struct walk *walk, size_t level)
{
    while (walk->depth > level) {
        struct open_multipart *open = &walk->open[--walk->depth];
        struct mail_entity *entity = entity_at(walk, open->entity);
        if (open->begun)
            entity->body = BYTES_NONE;
        else
            make_text(entity);
    }
}

static void take_delimiter(struct walk *walk, const uint8_t *line, size_t level, bool last)
{
    end_leaf(walk, line);
    close_inner(walk, level + 1);
    walk->open[level].begun = true;
    if (last) {
        close_inner(walk, level);
        return;
    }
    walk->full = walk->tree->entities_n == MAIL_ENTITIES_MAX;
    if (!walk->full)
        begin_entity(walk);
}

static void walk_lines(struct walk *walk)
{
    struct bytes line;
    while (!walk->full && bytes_line(&walk->rest, &line)) {
        bool last = false;
        size_t level = delimited_level(walk, line, &last);
        if (level != NO_LEVEL)
            take_delimiter(walk, line.p, level, last);
    }
}

/* What turned out to be no multipart is a leaf. */
static void number_leaves(struct mail_tree *tree)
{
    for (size_t i = 0; i < tree->entities_n; i++) {
        struct mail_entity *entity = &tree->entities[i];
        if (entity->multipart)
            continue;
        if (tree->leaves < VIEW_PARTS_MAX)
            entity->number = ++tree->leaves;
        else
            tree->more_parts = true;
    }
}

/* A mailbox line of old (“From someone Mon …”) may stand before the header. */
static struct bytes skip_mailbox_line(struct bytes mail)
{
    struct bytes rest = mail, line;
    if (bytes_starts(mail, BYTES_LITERAL("From ")) && bytes_line(&rest, &line))
        return rest;
    return mail;
}

struct mail_tree *mail_tree_new(struct bytes mail)
{
    struct mail_tree *tree = memory_new(1, sizeof *tree);
    tree->entities = memory_new(MAIL_ENTITIES_MAX, sizeof *tree->entities);
    struct walk walk = {.rest = skip_mailbox_line(mail), .tree = tree};
    begin_entity(&walk);
    walk_lines(&walk);
    close_inner(&walk, 0);
    number_leaves(tree);
    tree->more_parts |= walk.full;
    return tree;
}

void mail_tree_free(struct mail_tree *tree)
{
    if (tree == NULL)
        return;
    free(tree->entities);
    free(tree);
}

const struct mail_entity *mail_tree_leaf(const struct mail_tree *tree, unsigned number)
{
    for (size_t i = 0; number > 0 && i < tree->entities_n; i++) {
        if (tree->entities[i].number == number)
            return &tree->entities[i];
    }
    return NULL;
}
