/**
 * The editor of a cell: CodeMirror with what a dozen lines of TypeScript need and no more. It is loaded when a reader first presses Edit. The
 * Tab key leaves it, so that a keyboard is never caught; indenting is what Enter does by itself.
 */

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { typescriptLanguage } from '@codemirror/lang-javascript';
import { HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** What a cell needs of its editor. */
export interface CellEditor {
  focus(): void;
  setText(text: string): void;
  /** Marks the line of an error, counted from 1; null takes the mark away. */
  markLine(line: number | null): void;
  destroy(): void;
}

interface EditorSettings {
  parent: HTMLElement;
  label: string;
  text: string;
  onChange: (text: string) => void;
  onRun: () => void;
  onLeave: () => void;
}

const setErrorLine = StateEffect.define<number | null>();
const errorMark = Decoration.line({ class: 'error-line' });

const errorLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setErrorLine)) continue;
      const { doc } = transaction.state;
      if (effect.value === null || effect.value < 1 || effect.value > doc.lines) return Decoration.none;
      return Decoration.set([errorMark.range(doc.line(effect.value).from)]);
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The same four colours as codeTheme.ts. */
const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--code-comment)' },
  { tag: [tags.string, tags.number, tags.bool, tags.null, tags.regexp], color: 'var(--code-value)' },
  { tag: [tags.keyword, tags.self], color: 'var(--code-keyword)' },
]);

/** Opens an editor in `parent`. */
export function openEditor({ parent, label, text, onChange, onRun, onLeave }: EditorSettings): CellEditor {
  const run = () => {
    onRun();
    return true;
  };
  const leave = () => {
    onLeave();
    return true;
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        typescriptLanguage,
        history(),
        indentOnInput(),
        indentUnit.of('  '),
        syntaxHighlighting(colours),
        errorLine,
        keymap.of([
          { key: 'Shift-Enter', run },
          { key: 'Mod-Enter', run },
          { key: 'Escape', run: leave },
          ...defaultKeymap,
          ...historyKeymap,
        ]),
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  view.scrollDOM.tabIndex = 0;
  view.scrollDOM.setAttribute('role', 'group');
  view.scrollDOM.setAttribute('aria-label', `${label}, scrollable`);
  return {
    focus: () => view.focus(),
    setText: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    markLine: (line) => view.dispatch({ effects: setErrorLine.of(line) }),
    destroy: () => view.destroy(),
  };
}
