"""Throughput against the number of rules, both logarithmic, as a page of SVG that reads on light and on dark."""
import math

WIDTH, HEIGHT = 940, 560
LEFT, RIGHT, TOP, BOTTOM = 86, 296, 64, 66
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 17px; font-weight: 600 } .small { font-size: 11px; fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 } .axis { stroke: #57606a; stroke-width: 1 } .page { fill: #ffffff }
  .line { fill: none; stroke-width: 2 } .own { stroke-width: 3.5 } .dashed { stroke-dasharray: 6 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9da7b3 } .grid { stroke: #30363d } .axis { stroke: #9da7b3 } .page { fill: #0d1117 }
  }
"""
# middle tones, which stand out from white and from black
COLOURS = ('#2f81f7', '#1a9c5b', '#1f9aa8', '#8b949e', '#e5534b', '#a371f7', '#db61a2', '#d29922', '#b07f4c')


def decades(low, high):
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


def number(value):
    return f'{value:,.0f}' if value >= 10 else f'{value:.1f}'


class Frame:
    """From rules and reports per second to places on the page."""

    def __init__(self, series):
        rates = [rate for points in series.values() for rate in points.values()]
        sizes = sorted({size for points in series.values() for size in points})
        self.sizes, self.powers = sizes, list(decades(min(rates), max(rates)))

    def x(self, size):
        low, high = math.log10(self.sizes[0]), math.log10(self.sizes[-1])
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(size) - low) / max(high - low, 1e-9)

    def y(self, rate):
        low, high = self.powers[0], self.powers[-1]
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (math.log10(rate) - low) / max(high - low, 1e-9)


def axes(frame):
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for power in frame.powers:
        y = frame.y(10 ** power)
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10 ** power:,}</text>'
    for size in frame.sizes:
        x = frame.x(size)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{size:,}</text>'
    yield f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{bottom}H{right}"/>'
    yield f'<text x="{(LEFT + right) / 2}" y="{bottom + 42}" text-anchor="middle">rules</text>'
    yield f'<text transform="translate(20 {(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">reports per second of one processor</text>'


def label_places(frame, series):
    """Where the label of each line stands, so that none covers another."""
    wanted = sorted((frame.y(points[max(points)]) + 4, name) for name, points in series.items())
    places, above = {}, 0
    for y, name in wanted:
        above = places[name] = max(y, above + 16)
    over = max(above - (HEIGHT - BOTTOM + 10), 0)
    return {name: y - over for name, y in places.items()}


def lines(frame, series):
    places = label_places(frame, series)
    for colour, (name, points) in zip(COLOURS * 3, series.items()):
        path = ' '.join(f'{"L" if place else "M"}{frame.x(size):.1f} {frame.y(points[size]):.1f}' for place, size in enumerate(sorted(points)))
        kind = 'line own' if name.startswith('hostprint') else 'line dashed' if 'parse' in name else 'line'
        yield f'<path class="{kind}" stroke="{colour}" d="{path}"/>'
        for size in points:
            title = f'<title>{name}: {number(points[size])} reports/s with {size:,} rules</title>'
            yield f'<circle cx="{frame.x(size):.1f}" cy="{frame.y(points[size]):.1f}" r="4" fill="{colour}">{title}</circle>'
        last, right = max(points), WIDTH - RIGHT
        yield f'<path stroke="{colour}" fill="none" stroke-opacity=".6" d="M{frame.x(last) + 5:.1f} {frame.y(points[last]):.1f}L{right + 18} {places[name] - 4:.1f}"/>'
        yield f'<text x="{right + 22}" y="{places[name]:.1f}" style="fill:{colour};font-weight:{600 if "own" in kind else 400}">{name} {number(points[last])}</text>'


def throughput(series, found):
    """`series`: name -> {rules: reports per second}; `found`: what results.json says, for the line below the title."""
    series = {name: points for name, points in series.items() if points}
    below = f'{found["date"][:10]}, {found["cpus"]} processors, {found["machine"]}; random reports of 9.9 KB, JSON parsing included'
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
            '<title>Throughput against the number of rules</title>', f'<style>{STYLE}</style>', f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
            f'<text class="title" x="{LEFT}" y="28">Reports per second against the number of rules</text>', f'<text class="small" x="{LEFT}" y="47">{below}</text>']
    if not series:
        return '\n'.join(head + ['</svg>']) + '\n'
    frame = Frame(series)
    return '\n'.join(head + [*axes(frame), *lines(frame, series), '</svg>']) + '\n'
