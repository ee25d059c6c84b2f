/**
 * The only module that knows @vscode/webview-ui-toolkit (archived upstream), so that it can be replaced in one place.
 * Each function answers an element of the toolkit's, typed by the little that the panels use.
 */
import './cspNonce';
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeProgressRing(), vsCodeTextField());

export interface ButtonElement extends HTMLElement {
  disabled: boolean;
}

export interface TextFieldElement extends HTMLElement {
  value: string;
  select(): void;
}

export function button(
  label: string,
  run: () => void,
  appearance: 'primary' | 'secondary' | 'icon' = 'secondary',
): ButtonElement {
  const element = document.createElement('vscode-button') as ButtonElement;
  element.setAttribute('appearance', appearance);
  element.textContent = label;
  element.addEventListener('click', () => {
    if (!element.disabled) run();
  });
  return element;
}

/** `input` is called at every keystroke. */
export function textField(label: string, placeholder: string, input: (value: string) => void): TextFieldElement {
  const element = document.createElement('vscode-text-field') as TextFieldElement;
  element.setAttribute('aria-label', label);
  element.setAttribute('placeholder', placeholder);
  element.addEventListener('input', () => input(element.value));
  return element;
}

export function progressRing(label: string): HTMLElement {
  const element = document.createElement('vscode-progress-ring');
  element.setAttribute('aria-label', label);
  return element;
}
