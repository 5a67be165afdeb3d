// The two plots of docs/heartbeat.md, drawn by hand: what heartbeats cost a node as the network
// grows, and how long after a crash it is known. SVG without a script, readable on light and dark.

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  readonly color: string;
}
export interface Panel {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
  readonly xMax: number;
  readonly xMin: number;
  readonly yMax: number;
  readonly logX: boolean;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly lines: readonly Line[];
}

const WIDTH = 460;
const HEIGHT = 320;
const EDGE = { left: 62, right: 18, top: 40, bottom: 78 };

export function plot(panels: readonly Panel[]): string {
  const body = panels.map(
    (panel, i) => `<g transform="translate(${i * WIDTH} 0)">${draw(panel)}</g>`,
  );
  const width = panels.length * WIDTH;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}"`,
    ' font-family="system-ui, sans-serif" font-size="12">\n',
    `<rect width="${width}" height="${HEIGHT}" fill="#ffffff"/>\n`,
    body.join('\n'),
    '\n</svg>\n',
  ].join('');
}

function draw(panel: Panel): string {
  const { title, xName, yName, xTicks, yTicks, lines } = panel;
  const [left, bottom] = [EDGE.left, HEIGHT - EDGE.bottom];
  const right = WIDTH - EDGE.right;
  const x = (value: number): number => left + share(value, panel) * (right - left);
  const y = (value: number): number => bottom - (value / panel.yMax) * (bottom - EDGE.top);
  const parts = [text(left, 22, title, 'font-weight="600"')];
  for (const tick of yTicks) {
    parts.push(`<path d="M${left} ${at(y(tick))}H${right}" stroke="#dddddd"/>`);
    parts.push(text(left - 6, y(tick) + 4, said(tick), 'text-anchor="end"'));
  }
  for (const tick of xTicks) {
    parts.push(`<path d="M${at(x(tick))} ${bottom}v4" stroke="#555555"/>`);
    parts.push(text(x(tick), bottom + 18, said(tick), 'text-anchor="middle"'));
  }
  parts.push(`<path d="M${left} ${EDGE.top}V${bottom}H${right}" fill="none" stroke="#555555"/>`);
  parts.push(text((left + right) / 2, bottom + 36, xName, 'text-anchor="middle"'));
  parts.push(text(left, EDGE.top - 6, yName, 'fill="#555555"'));
  lines.forEach((line, i) => {
    const path = line.points.map((point) => `${at(x(point.x))} ${at(y(point.y))}`).join('L');
    parts.push(`<path d="M${path}" fill="none" stroke="${line.color}" stroke-width="2"/>`);
    const [column, row] = [left + (i % 2) * 190, bottom + 54 + Math.floor(i / 2) * 16];
    parts.push(`<path d="M${column} ${row - 4}h18" stroke="${line.color}" stroke-width="2"/>`);
    parts.push(text(column + 24, row, line.name, ''));
  });
  return parts.join('\n');
}

function share(value: number, { logX, xMin, xMax }: Panel): number {
  if (!logX) return (value - xMin) / (xMax - xMin);
  return Math.log(value / xMin) / Math.log(xMax / xMin);
}

function text(x: number, y: number, words: string, more: string): string {
  return `<text x="${at(x)}" y="${at(y)}" ${more}>${words.replaceAll('<', '&lt;')}</text>`;
}

function at(value: number): string {
  return value.toFixed(1);
}

function said(value: number): string {
  return value.toLocaleString('en-US');
}
