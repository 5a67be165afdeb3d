// Draws a table of transitions as a Mermaid state diagram: between `<!-- diagram: NAME -->` and
// `<!-- end -->` of docs/pairing.md stands what that table of pairing/machine.ts says, and in
// docs/links.md that of wg/link-table.ts.

const BLOCK = /<!-- diagram: (\S+) -->\n[\s\S]*?<!-- end -->/g;

/**
 * `text` with every diagram drawn again from `tables`: state -> event -> state, the first first.
 */
export function redraw(text, tables) {
  return text.replaceAll(
    BLOCK,
    (_, name) => `<!-- diagram: ${name} -->\n${mermaidOf(tables[name])}<!-- end -->`,
  );
}

/** The names of the diagrams in a text. */
export function diagramsOf(text) {
  return [...text.matchAll(BLOCK)].map(([, name]) => name);
}

export function mermaidOf(rows) {
  const [first] = Object.keys(rows);
  const lines = [`[*] --> ${idOf(first)}`];
  for (const [from, row] of Object.entries(rows)) {
    for (const to of new Set(Object.values(row))) {
      const events = Object.keys(row).filter((event) => row[event] === to);
      lines.push(`${idOf(from)} --> ${idOf(to)}: ${events.join(', ')}`);
    }
    if (Object.keys(row).length === 0) lines.push(`${idOf(from)} --> [*]`);
  }
  return `\`\`\`mermaid\nstateDiagram-v2\n${lines.map((line) => `  ${line}\n`).join('')}\`\`\`\n`;
}

// Mermaid reads a dash as the beginning of an arrow.
function idOf(state) {
  return state.replaceAll('-', '_');
}
