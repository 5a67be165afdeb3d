#!/usr/bin/perl
# A cable with bad manners: two tap devices, and what happens to the frames between them. Perl, since
# Node cannot open a tap device, and git brings Perl to every machine that has this repository.
#   shaper.pl NEAR FAR: makes both devices and says "ready". Each line of the standard input is
#   `LOSS DELAY JITTER SEED`: the part of frames that is lost, and how long each waits, in seconds;
#   jitter is added at random, so that frames overtake each other. Ends with its standard input.

use strict;
use warnings;
use Fcntl;
use Time::HiRes 'time';

my $TUNSETIFF = 0x400454ca;
my ($IFF_TAP, $IFF_NO_PI) = (0x0002, 0x1000);
my $WAITING_MAX = 2000;    # Frames on their way: a real line has a queue that is full one day.

sub tap {
    my ($name) = @_;
    sysopen(my $device, '/dev/net/tun', O_RDWR | O_NONBLOCK) or die "/dev/net/tun: $!";
    ioctl($device, $TUNSETIFF, pack('Z16 S x22', $name, $IFF_TAP | $IFF_NO_PI)) or die "$name: $!";
    return $device;
}

my @ends = map { tap($_) } @ARGV;
my ($loss, $delay, $jitter) = (0, 0, 0);
my @waiting;               # [due, to, frame], the first to be due first
my $words = '';
$| = 1;
print "ready\n";

while (1) {
    my $bits = '';
    vec($bits, fileno($_), 1) = 1 for @ends, \*STDIN;
    my $wait = @waiting ? $waiting[0][0] - time : undef;
    select($bits, undef, undef, defined $wait && $wait < 0 ? 0 : $wait);
    if (vec($bits, fileno(STDIN), 1)) {
        sysread(STDIN, $words, 4096, length $words) or exit 0;
        while ($words =~ s/^(.*)\n//) {
            ($loss, $delay, $jitter, my $seed) = split ' ', $1;
            srand $seed;
            print "set\n";
        }
    }
    for my $from (0, 1) {
        next unless vec($bits, fileno($ends[$from]), 1);
        while (sysread($ends[$from], my $frame, 65536)) {
            next if rand() < $loss || @waiting >= $WAITING_MAX;
            # Without jitter none: rand(0) is rand(1).
            my $late = $jitter > 0 ? rand($jitter) : 0;
            queue([time + $delay + $late, 1 - $from, $frame]);
        }
    }
    while (@waiting && $waiting[0][0] <= time) {
        my (undef, $to, $frame) = @{ shift @waiting };
        syswrite($ends[$to], $frame);    # A device that is down takes nothing: a frame is lost.
    }
}

sub queue {
    my ($item) = @_;
    my $at = @waiting;
    $at-- while $at > 0 && $waiting[$at - 1][0] > $item->[0];
    splice @waiting, $at, 0, $item;
}
