import { expect, test } from 'vitest';
import { kdevError } from '../errors/kdev-error.ts';
import { errorText } from './error-text.ts';
import { readTerminal } from './terminal.ts';

const refused = kdevError('POD_SECURITY_REFUSED', {
  fact: "the cluster refused the agent's Job in namespace shop",
  evidence:
    'Pod Security "baseline" forbids: host namespaces (hostPID), capabilities NET_ADMIN, NET_RAW, SYS_ADMIN, SYS_PTRACE',
  hints: [
    {
      who: 'admin',
      command: 'kubectl label ns shop pod-security.kubernetes.io/enforce=privileged --overwrite',
      text: 'admits the agent',
    },
    { who: 'admin', text: 'or offers a namespace for agents: x-kdev.agent.namespace' },
    { who: 'you', command: 'kdev compose up --agent-namespace NAME', text: 'uses it' },
  ],
});

test('the fact, the evidence, what each party can do, what became of the rest', () => {
  const terminal = { ...readTerminal({}, {}), columns: 120 };
  expect(errorText({ ...refused, outcome: 'orders runs on as it was' }, terminal)).toBe(
    `error[KDEV3102] the cluster refused the agent's Job in namespace shop
  Pod Security "baseline" forbids: host namespaces (hostPID), capabilities NET_ADMIN, NET_RAW, SYS_ADMIN, SYS_PTRACE

  you can    kdev compose up --agent-namespace NAME     uses it
  an admin   kubectl label ns shop pod-security.kubernetes.io/enforce=privileged --overwrite     admits the agent
             or offers a namespace for agents: x-kdev.agent.namespace
  orders runs on as it was`,
  );
});

test('in a narrow window the words wrap and a command stays whole', () => {
  expect(errorText(refused, { ...readTerminal({}, {}), columns: 60 })).toBe(
    `error[KDEV3102] the cluster refused the agent's Job in
  namespace shop
  Pod Security "baseline" forbids: host namespaces
  (hostPID), capabilities NET_ADMIN, NET_RAW, SYS_ADMIN,
  SYS_PTRACE

  you can    kdev compose up --agent-namespace NAME
               uses it
  an admin   kubectl label ns shop pod-security.kubernetes.io/enforce=privileged --overwrite
               admits the agent
             or offers a namespace for agents:
             x-kdev.agent.namespace`,
  );
});

test('colour on the label and the commands only', () => {
  const text = errorText(refused, readTerminal({ isTTY: true, columns: 120 }, {}));
  expect(text).toContain('\u001b[31merror[KDEV3102]\u001b[39m the cluster');
  expect(text).toContain('\u001b[1mkdev compose up --agent-namespace NAME\u001b[22m     uses it');
});

test('without evidence and without Unicode', () => {
  const error = kdevError('TARGET_UNKNOWN', {
    fact: 'namespace shop has no deployment ordres … did you mean orders?',
    hints: [{ who: 'you', text: 'name another' }],
  });
  expect(errorText(error, readTerminal({}, { LC_ALL: 'C' }))).toBe(
    `error[KDEV5002] namespace shop has no deployment ordres ... did you mean orders?

  you can    name another`,
  );
});
