/* Tests of launcher/net that need no network: the policy's table, and parsers under random bytes. Prints what failed; exits with 1 then. */
#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../net/helpers.h"
#include "../net/net.h"
#include "../net/netlink.h"
#include "../net/packet.h"
#include "../net/policy.h"
#include "../net/wire.h"

static int failures;

static void fail(const char *what, const char *which) {
    printf("FAILED %s: %s\n", what, which);
    failures++;
}

static struct address address_of(const char *text) {
    struct address address;
    uint8_t four[4];
    if (inet_pton(AF_INET, text, four) == 1)
        return address_v4(four);
    if (inet_pton(AF_INET6, text, address.bytes) != 1)
        abort();
    return address;
}

/* Columns: allowed by none, internet, all; what a list that holds the very address alone says; and one of 0.0.0.0/0 and ::/0. */
static const struct {
    const char *address;
    int none, internet, all, alone, wide;
} table[] = {
    {"8.8.8.8", 0, 1, 1, 1, 1},          {"192.0.2.10", 0, 1, 1, 1, 1},        {"198.51.100.1", 0, 1, 1, 1, 1},
    {"203.0.113.1", 0, 1, 1, 1, 1},      {"127.0.0.1", 0, 0, 0, 0, 0},         {"127.255.255.255", 0, 0, 0, 0, 0},
    {"0.0.0.0", 0, 0, 0, 0, 0},          {"0.1.2.3", 0, 0, 0, 0, 0},           {"9.255.255.255", 0, 1, 1, 1, 1},
    {"10.0.0.0", 0, 0, 1, 1, 1},         {"10.255.255.255", 0, 0, 1, 1, 1},    {"11.0.0.0", 0, 1, 1, 1, 1},
    {"100.63.255.255", 0, 1, 1, 1, 1},   {"100.64.0.0", 0, 0, 1, 1, 1},        {"100.127.255.255", 0, 0, 1, 1, 1},
    {"100.128.0.0", 0, 1, 1, 1, 1},      {"100.100.100.200", 0, 0, 0, 1, 0},   {"168.63.129.16", 0, 0, 0, 1, 0},
    {"168.63.129.17", 0, 1, 1, 1, 1},    {"169.253.255.255", 0, 1, 1, 1, 1},   {"169.254.0.0", 0, 0, 0, 1, 0},
    {"169.254.169.254", 0, 0, 0, 1, 0},  {"169.255.0.0", 0, 1, 1, 1, 1},       {"172.15.255.255", 0, 1, 1, 1, 1},
    {"172.16.0.0", 0, 0, 1, 1, 1},       {"172.31.255.255", 0, 0, 1, 1, 1},    {"172.32.0.0", 0, 1, 1, 1, 1},
    {"192.168.0.1", 0, 0, 1, 1, 1},      {"192.169.0.1", 0, 1, 1, 1, 1},       {"192.0.0.1", 0, 0, 1, 1, 1},
    {"192.0.0.192", 0, 0, 0, 1, 0},      {"192.0.1.1", 0, 1, 1, 1, 1},         {"198.17.255.255", 0, 1, 1, 1, 1},
    {"198.18.0.1", 0, 0, 1, 1, 1},       {"198.19.255.255", 0, 0, 1, 1, 1},    {"198.20.0.0", 0, 1, 1, 1, 1},
    {"223.255.255.255", 0, 1, 1, 1, 1},  {"224.0.0.1", 0, 0, 0, 0, 0},         {"239.255.255.255", 0, 0, 0, 0, 0},
    {"240.0.0.1", 0, 0, 1, 1, 1},        {"255.255.255.255", 0, 0, 0, 0, 0},   {"2606:4700::1111", 0, 1, 1, 1, 1},
    {"2001:db8::1", 0, 1, 1, 1, 1},      {"::1", 0, 0, 0, 0, 0},               {"::", 0, 0, 0, 0, 0},
    {"fc00::1", 0, 0, 1, 1, 1},          {"fd12::1", 0, 0, 1, 1, 1},           {"fd00:ec2::254", 0, 0, 0, 1, 0},
    {"fd20:ce::254", 0, 0, 0, 1, 0},     {"fe80::1", 0, 0, 0, 1, 0},           {"ff02::1", 0, 0, 0, 0, 0},
    {"4000::1", 0, 0, 0, 0, 0},          {"2001:0:1::1", 0, 0, 0, 0, 0},       {"::7f00:1", 0, 0, 0, 0, 0},
    /* the host's own */
    {"192.0.2.1", 0, 0, 1, 1, 0},        {"10.9.8.7", 0, 0, 1, 1, 0},          {"2001:db8:1::1", 0, 0, 1, 1, 0},
};

/* IPv4 in NAT64 and 6to4 clothes: judged as what a gateway on the way would make of them. */
static const struct {
    const char *address;
    int internet, all;
} clothes[] = {
    {"64:ff9b::808:808", 1, 1},   {"64:ff9b::a00:1", 0, 1},    {"64:ff9b::7f00:1", 0, 0}, {"64:ff9b::a9fe:a9fe", 0, 0},
    {"2002:808:808::1", 1, 1},    {"2002:a00:1::1", 0, 1},     {"2002:7f00:1::1", 0, 0},  {"64:ff9b::c000:201", 0, 1},
};

static void test_policy(void) {
    struct address mine[] = {address_of("192.0.2.1"), address_of("10.9.8.7"), address_of("2001:db8:1::1"), address_of("127.0.0.1")};
    struct own_addresses own = {.count = 4, .list = mine};
    struct policy none, internet, all, wide, alone;
    policy_parse(&none, "none", "");
    policy_parse(&internet, "internet", NULL);
    policy_parse(&all, "all", "");
    policy_parse(&wide, "0.0.0.0/0,::/0", "");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct address to = address_of(table[i].address);
        if (policy_allows(&none, &own, &to, 80) != table[i].none)
            fail("none", table[i].address);
        if (policy_allows(&internet, &own, &to, 80) != table[i].internet)
            fail("internet", table[i].address);
        if (policy_allows(&all, &own, &to, 80) != table[i].all)
            fail("all", table[i].address);
        if (policy_allows(&wide, &own, &to, 80) != table[i].wide)
            fail("wide", table[i].address);
        if (policy_parse(&alone, table[i].address, NULL) != 0 || policy_allows(&alone, &own, &to, 80) != table[i].alone)
            fail("alone", table[i].address);
        struct address other = address_of("8.8.4.4");
        if (policy_allows(&alone, &own, &other, 80))
            fail("a list allows what it does not name", table[i].address);
    }
    for (size_t i = 0; i < sizeof clothes / sizeof *clothes; i++) {
        struct address to = address_of(clothes[i].address);
        if (policy_allows(&internet, &own, &to, 80) != clothes[i].internet)
            fail("internet", clothes[i].address);
        if (policy_allows(&all, &own, &to, 80) != clothes[i].all)
            fail("all", clothes[i].address);
    }
    struct address database = address_of("10.0.0.5"), six = address_of("fd00::5");
    policy_parse(&alone, "internet", "10.0.0.0/24:5432,[fd00::/64]:53");
    if (!policy_allows(&alone, &own, &database, 5432) || policy_allows(&alone, &own, &database, 5433))
        fail("allow", "a port of an IPv4 network");
    if (!policy_allows(&alone, &own, &six, 53) || policy_allows(&alone, &own, &six, 54))
        fail("allow", "a port of an IPv6 network");
}

static void test_texts(void) {
    static const char *const good[] = {"none", "internet", "all", "10.0.0.0/8", "10.0.0.5", "10.0.0.0/8,fd00::/8", "0.0.0.0/0", "::/0", "fe80::/10"};
    static const char *const bad[] = {"", "some", "internet,all", "10.0.0.0/33", "10.0.0.0/", "10.0.0.5/8", "10.0.0", "10.0.0.0/8,", ",10.0.0.0/8",
                                      "10.0.0.0/8:80", "fd00::/129", "fd00::1/64", "::ffff:10.0.0.1", "10.0.0.0/-1", "10.0.0.0/+8", " 10.0.0.0/8",
                                      "10.0.0.0/8 ", "[10.0.0.0/8]", "10.0.0.1/08x", "Internet"};
    static const char *const bad_allow[] = {"internet", "10.0.0.0/8:", "10.0.0.0/8:0", "10.0.0.0/8:65536", "10.0.0.0/8:http", "[fd00::/8]:", "[fd00::/8", "[fd00::/8]x"};
    static const char *const bad_ports[] = {"0", "65536", "7070,", "7070-", "8-7", "a", "7070-7071-7072", " 7070"};
    struct ports ports;
    char many[8192] = "";
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!net_policy_valid(good[i], NULL))
            fail("valid", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (net_policy_valid(bad[i], NULL))
            fail("not valid", bad[i]);
    for (size_t i = 0; i < sizeof bad_allow / sizeof *bad_allow; i++)
        if (net_policy_valid("internet", bad_allow[i]))
            fail("not valid allow", bad_allow[i]);
    for (size_t i = 0; i < sizeof bad_ports / sizeof *bad_ports; i++)
        if (ports_parse(&ports, bad_ports[i]) == 0)
            fail("not valid ports", bad_ports[i]);
    if (ports_parse(&ports, "7070,7101-7999") != 0 || ports.count != 2 || ports.last[0] != 7070 || ports.last[1] != 7999)
        fail("ports", "7070,7101-7999");
    for (int i = 0; i < 129; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "%s10.0.%d.0/24", i > 0 ? "," : "", i);
    if (net_policy_valid(many, NULL))
        fail("not valid", "129 networks");
    *strrchr(many, ',') = '\0';
    if (!net_policy_valid(many, NULL))
        fail("valid", "128 networks");
}

static void test_settings(void) {
    static const char *const expected[][2] = {{"10.0.0.5", "egress: [10.0.0.5/32]"},
                                              {"fd00::5", "egress: [fd00::5/128]"},
                                              {"127.0.0.1", "no setting opens the host's loopback"},
                                              {"64:ff9b::7f00:1", "no setting opens the host's loopback"},
                                              {"224.0.0.1", "no setting opens this address"}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char text[128];
        struct address to = address_of(expected[i][0]);
        policy_setting(text, sizeof text, &to);
        if (strcmp(text, expected[i][1]) != 0)
            fail(expected[i][1], text);
    }
}

/* A queue's message with an IP packet in it. */
static size_t queue_message(uint8_t *into, const uint8_t *packet, size_t size) {
    struct nlmsghdr header = {.nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET};
    struct nlattr first = {.nla_len = NLA_HDRLEN + sizeof(struct nfqnl_msg_packet_hdr), .nla_type = NFQA_PACKET_HDR};
    struct nlattr second = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = NFQA_PAYLOAD};
    size_t at = NLMSG_HDRLEN + sizeof(struct nfgenmsg);
    memset(into, 0, at + 64);
    memcpy(into + at, &first, sizeof first);
    at += NLA_ALIGN(first.nla_len);
    memcpy(into + at, &second, sizeof second);
    memcpy(into + at + NLA_HDRLEN, packet, size);
    header.nlmsg_len = (uint32_t)(at + second.nla_len);
    memcpy(into, &header, sizeof header);
    return header.nlmsg_len;
}

static void test_datagrams(void) {
    static const char *const pairs[][2] = {{"198.18.1.2", "8.8.8.8"}, {"fd6d::2", "2001:db8::1"}};
    static _Alignas(8) uint8_t message[70000];
    static uint8_t room[DATAGRAM_HEADERS + 65536];
    for (int i = 0; i < 2; i++)
        /* The longest that the queue's 16-bit attribute can hold. */
        for (size_t size = 0; size <= 65483; size += 65483 / 3) {
            struct key key = {.source = address_of(pairs[i][0]), .destination = address_of(pairs[i][1]), .source_port = 4000, .destination_port = 53};
            struct packet packet;
            size_t whole;
            memset(room, 'x', sizeof room);
            uint8_t *bytes = packet_answer(&key, room + DATAGRAM_HEADERS, size, &whole);
            if (bytes == NULL || packet_read(message, queue_message(message, bytes, whole), &packet) != 0 || packet.protocol != PROTOCOL_UDP ||
                packet.size != size || packet.key.source_port != 53 || memcmp(&packet.key.source, &key.destination, 16) != 0 ||
                memcmp(&packet.key.destination, &key.source, 16) != 0)
                fail("an answer reads back", pairs[i][1]);
        }
    struct key key = {.destination = address_of("8.8.8.8"), .source = address_of("198.18.1.2")};
    size_t whole;
    if (packet_answer(&key, room + DATAGRAM_HEADERS, 65508, &whole) != NULL)
        fail("too long", "65508");
}

static void scramble(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)random();
}

/* Every buffer has exactly the size that is told, so that the sanitizer sees a byte too far. */
static void fuzz_packets(int rounds) {
    struct key key = {.source = address_of("198.18.1.2"), .destination = address_of("8.8.8.8")};
    uint8_t room[DATAGRAM_HEADERS + 64] = {0};
    for (int i = 0; i < rounds; i++) {
        static uint8_t whole[2048];
        size_t ip_size, size;
        key.destination = address_of(i & 1 ? "8.8.8.8" : "2001:db8::1");
        uint8_t *ip = packet_answer(&key, room + DATAGRAM_HEADERS, (size_t)random() % 64, &ip_size);
        size = queue_message(whole, ip, ip_size);
        for (int change = 0; change < (i & 7); change++)
            whole[(size_t)random() % size] = (uint8_t)random();
        size = random() % 4 == 0 ? (size_t)random() % (size + 1) : size;
        uint8_t *exact = malloc(size);
        if (i % 50 == 0)
            scramble(whole, size);
        memcpy(exact, whole, size);
        struct packet packet;
        if (packet_read(exact, size, &packet) == 0 && packet.protocol == PROTOCOL_UDP && packet.size > 0 &&
            (packet.payload < exact || packet.payload + packet.size > exact + size))
            fail("fuzz", "a payload outside its packet");
        int error;
        netlink_read(exact, size, &error);
        free(exact);
    }
}

static void fuzz_texts(int rounds) {
    static const char letters[] = "0123456789abcdef.:/,[]-nx ";
    for (int i = 0; i < rounds; i++) {
        char text[80];
        size_t length = (size_t)random() % sizeof text;
        for (size_t at = 0; at < length; at++)
            text[at] = letters[(size_t)random() % (sizeof letters - 1)];
        text[length == sizeof text ? length - 1 : length] = '\0';
        struct ports ports;
        struct policy policy;
        policy_parse(&policy, text, text);
        policy_parse(&policy, "internet", text);
        ports_parse(&ports, text);
    }
}

/* Egress with nothing to carry, told nonsense by both sides: it must be there to the end, and end when they do. */
static void fuzz_messages(int rounds) {
    int launcher[2], maker[2], status;
    struct helpers helpers = {.inside.keep = -1, .inside_tls.keep = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, launcher) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, maker) != 0)
        abort();
    pid_t pid = fork();
    if (pid == 0)
        egress_run(&helpers, launcher[1], maker[1]);
    close(launcher[1]);
    close(maker[1]);
    for (int i = 0; i < rounds; i++) {
        struct wire_control_message control;
        struct wire_slot slot;
        scramble((uint8_t *)&control, sizeof control);
        scramble((uint8_t *)&slot, sizeof slot);
        slot.number = random() % 3 == 0 ? slot.number : (uint32_t)random() % 8;
        control.kind = (uint32_t)random() % 4;
        control.number = random() % 3 == 0 ? control.number : (uint32_t)random() % 8;
        control.policy.count = random() % 3 == 0 ? control.policy.count : (uint32_t)random() % (POLICY_ENTRIES + 2);
        size_t size = random() % 2 ? (size_t)random() % sizeof control + 1 : offsetof(struct wire_control_message, policy) + policy_size(&control.policy);
        net_wire_send(launcher[0], &control, size > sizeof control ? sizeof control : size, NULL, 0, 0);
        int descriptors[WIRE_DESCRIPTORS], count = (int)(random() % (WIRE_DESCRIPTORS + 1));
        for (int at = 0; at < count; at++)
            descriptors[at] = socket(AF_INET, SOCK_DGRAM, 0);
        net_wire_send(maker[0], &slot, random() % 4 ? sizeof slot : (size_t)random() % sizeof slot + 1, descriptors, count, 0);
        for (int at = 0; at < count; at++)
            close(descriptors[at]);
    }
    if (waitpid(pid, &status, WNOHANG) != 0)
        fail("fuzz", "egress ended before it should");
    close(launcher[0]);
    close(maker[0]);
    if (waitpid(pid, &status, 0) == pid && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        fail("fuzz", "egress did not end well");
}

/* net_unit [ROUNDS [SEED]] */
int main(int count, char **arguments) {
    int rounds = count > 1 ? atoi(arguments[1]) : 20000;
    unsigned seed = count > 2 ? (unsigned)atoi(arguments[2]) : (unsigned)getpid();
    srandom(seed);
    test_policy();
    test_texts();
    test_settings();
    test_datagrams();
    fuzz_packets(rounds);
    fuzz_texts(rounds);
    if (geteuid() == 0)
        fuzz_messages(rounds / 10);
    printf("seed %u, %d failures\n", seed, failures);
    return failures != 0;
}
