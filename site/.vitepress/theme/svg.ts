/**
 * Makes a drawing that a cell has made fit to stand in the page. The cell may hold code from a link, so only what a still picture needs comes
 * through: shapes, text, and attributes that cannot load, run or cover anything.
 */

const NAMESPACE = 'http://www.w3.org/2000/svg';

const ELEMENTS = new Set(
  'svg g defs title desc path rect circle ellipse line polyline polygon text tspan marker pattern clipPath linearGradient radialGradient stop'.split(
    ' ',
  ),
);

const ATTRIBUTES = new Set(
  [
    'viewBox width height x y x1 y1 x2 y2 cx cy r rx ry d points dx dy rotate transform preserveAspectRatio offset',
    'fill fill-opacity fill-rule stroke stroke-width stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-opacity',
    'opacity color stop-color stop-opacity font-family font-size font-weight font-style text-anchor dominant-baseline letter-spacing',
    'text-decoration paint-order vector-effect visibility clip-path marker-start marker-mid marker-end id',
    'markerWidth markerHeight markerUnits orient refX refY gradientUnits gradientTransform patternUnits patternTransform',
    'role aria-label aria-hidden',
  ]
    .join(' ')
    .split(' '),
);

/** References within the drawing are the only ones; a number after the name keeps two drawings on one page apart. */
const LOCAL_REFERENCE = /url\(\s*["']?#([\w-]+)["']?\s*\)/g;

let drawings = 0;

/** The drawing as safe markup; empty when it is no drawing. */
export function safeSvg(markup: string): string {
  const parsed = new DOMParser().parseFromString(markup, 'image/svg+xml').documentElement;
  if (parsed.namespaceURI !== NAMESPACE || parsed.localName !== 'svg') return '';
  drawings += 1;
  const copy = copyElement(parsed, `-drawing-${drawings}`);
  return copy === null ? '' : new XMLSerializer().serializeToString(copy);
}

function copyElement(source: Element, suffix: string): Element | null {
  if (source.namespaceURI !== NAMESPACE || !ELEMENTS.has(source.localName)) return null;
  const copy = document.createElementNS(NAMESPACE, source.localName);
  for (const { name, value } of source.attributes) {
    const safe = safeAttribute(name, value, suffix);
    if (safe !== null) copy.setAttribute(name, safe);
  }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.textContent ?? '');
    const element = child instanceof Element ? copyElement(child, suffix) : null;
    if (element !== null) copy.append(element);
  }
  return copy;
}

function safeAttribute(name: string, value: string, suffix: string): string | null {
  if (!ATTRIBUTES.has(name)) return null;
  if (name === 'id') return /^[\w-]+$/.test(value) ? value + suffix : null;
  const local = value.replace(LOCAL_REFERENCE, `url(#$1${suffix})`);
  return /url\(|src\(|image\(|\\/i.test(local.replace(LOCAL_REFERENCE, '')) ? null : local;
}
