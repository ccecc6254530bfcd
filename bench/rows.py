"""The line of JSON that a benchmark prints for each quantity (BENCHMARKS.md), and what the messages are that are measured."""
import json
import statistics

SIZES = {'1 KB': 1000, '100 KB': 100_000, '10 MB': 10_000_000}
RECIPIENTS = (1, 10, 50)


def row(name, ours, rival, theirs, note, unit='ms'):
    """The medians of both; the ratio is the median of the rounds' ratios, for a round has its two at nearly the same time."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(json.dumps({'name': name, 'unit': unit, 'median': statistics.median(ours), 'min': min(ours), 'max': max(ours),
                      'runs': len(ours), 'rival': rival, 'rival_median': statistics.median(theirs),
                      'ratio': statistics.median(ratios), 'note': f'{note}; ratios {min(ratios):.3g} to {max(ratios):.3g}'}), flush=True)
