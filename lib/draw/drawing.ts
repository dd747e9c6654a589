/**
 * What all drawings of the course share: one form, one set of colours, one set of marks.
 *
 * A drawing is an SVG and a text that says the same, for those who do not see the picture, for a terminal, and for a test's output. Colours are
 * those of Okabe and Ito, which stay apart for colour-blind readers, and nothing is told by colour alone. The page may set `--k-ink` and
 * `--k-paper` to fit its theme; without them a drawing is dark ink on white paper.
 */
export interface Drawing {
  readonly svg: string;
  readonly text: string;
}

export const ink = 'var(--k-ink, #222)';
export const faint = 'var(--k-faint, #888)';
export const paper = 'var(--k-paper, #fff)';

/** Okabe and Ito's colours, with black text readable on each at full strength except blue and vermillion. */
export const colours = {
  orange: '#E69F00',
  skyBlue: '#56B4E9',
  green: '#009E73',
  yellow: '#F0E442',
  blue: '#0072B2',
  vermillion: '#D55E00',
  purple: '#CC79A7',
} as const;

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly fill?: string;
  readonly weight?: 'normal' | 'bold';
}

export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const { anchor = 'start', size = 13, fill = ink, weight = 'normal' } = style;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escapeXml(text)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke = ink, extra = ''): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}" ${extra}/>`;
}

/** Wraps shapes into a picture of its own, with a title that a screen reader speaks. */
export function picture(width: number, height: number, title: string, shapes: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img"`,
    ` aria-label="${escapeXml(title)}" style="max-width:100%;height:auto" font-family="system-ui, sans-serif">`,
    `<rect width="${width}" height="${height}" fill="${paper}"/>`,
    ...shapes,
    '</svg>',
  ].join('');
}
