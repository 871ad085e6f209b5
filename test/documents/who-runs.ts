/** Lines of the pages that are to be typed, and the test that runs them on the real thing. A line that is in none of these fails the check. */
export interface Runs {
  /** The test's file. */
  readonly by?: string;
  /** Why it is not run, or what is different there. */
  readonly why?: string;
  readonly lines: readonly string[];
}

export const documentsTest = 'test/e2e/documents.test.ts';

export const runs: readonly Runs[] = [
  {
    by: documentsTest,
    lines: [
      'kdev image build',
      'kdev doctor',
      'kdev compose up -d',
      'kubectl -n shop run try --rm -i --restart=Never --image=curlimages/curl -- curl -s http://orders:8080/',
      'kdev status',
      'kdev ls -n shop',
      'kdev env orders',
      'kdev config view orders --origin --context kind-prod',
      'kdev explain orders postgres:5432',
      'kdev explain orders redis',
      'kdev explain orders /etc/app/app.conf',
      'kdev logs orders',
      'kubectl get jobs,secrets --all-namespaces -l app.kubernetes.io/managed-by=kdev',
      'kdev compose up -d --wait',
      'kdev compose run --rm tests',
      'kdev compose down',
      'kdev compose down --volumes',
      'kdev clean',
      'kdev run --target deployment/orders --incoming steal -it --rm -v .:/src -w /src node:24 bash',
      'kdev run --target deployment/orders --incoming steal -d -p 8080:8080 --env-file dev.env orders:dev',
      'kdev exec -it orders sh',
      'kdev stop orders',
      'kdev gather-logs',
      'kdev completion fish > ~/.config/fish/completions/kdev.fish',
      'kubectl create deployment hello --image=python:3-slim --port=8080 -- python3 -m http.server 8080',
      'kubectl expose deployment hello --port=8080',
      'kubectl create deployment caller --image=python:3-slim -- sleep infinity',
      'kubectl rollout status deployment/hello',
      'kubectl rollout status deployment/caller',
      'mkdir site && echo "hello from my machine" > site/index.html',
      'kdev init --incoming steal',
      `kubectl exec deployment/caller -- python3 -c 'import urllib.request as r; print(r.urlopen("http://hello:8080/").read().decode())'`,
      'kubectl delete deployment,service hello',
      'kubectl delete deployment caller',
      'kubectl label namespace shop pod-security.kubernetes.io/enforce=privileged --overwrite',
      'kubectl create namespace kdev-agents',
      'kubectl label namespace kdev-agents pod-security.kubernetes.io/enforce=privileged',
      'kubectl create rolebinding kdev --clusterrole edit --group developers -n kdev-agents',
    ],
  },
  {
    by: 'test/e2e/scenario-19-udp.test.ts',
    lines: ['kdev explain orders udp://stun:3478'],
  },
  {
    by: 'test/e2e/scenario-44-devcontainer.test.ts',
    lines: [
      'kdev devcontainer init --target deployment/orders --incoming steal',
      'devcontainer up --docker-path kdev-docker --workspace-folder .',
      'devcontainer exec --docker-path kdev-docker --workspace-folder . env',
      'devcontainer up --docker-path kdev-docker --workspace-folder . --remove-existing-container',
      'kdev devcontainer stop',
      'kdev devcontainer down',
    ],
  },
  {
    by: 'test/e2e/docker-images.test.ts',
    why: 'another registry, another cluster',
    lines: [
      'kdev image push registry.example.com/kdev:0.1.0',
      'kdev image load --cluster kind',
      'kdev image load --cluster dev',
      'kdev image load --cluster minikube',
    ],
  },
  { by: 'test/e2e/dump.test.ts', why: 'a project of its own', lines: ['kdev dump orders'] },
  {
    by: 'test/e2e/init.test.ts',
    why: 'a project of its own',
    lines: [
      'kdev init',
      'kdev init orders --target deployment/orders --namespace shop',
      'kdev init --image registry.example.com/kdev:0.1.0',
    ],
  },
  {
    why: 'the rings begin with these themselves, or take minutes and are run by hand',
    lines: [
      'npm run demo',
      'npm pack',
      'npm i -g ./kdev-0.1.0.tgz',
      'npm run bench',
      'npm run bench -- B3 B6',
      'npm run bench -- --json bench.json',
      'npm run cluster -- up',
      'export KUBECONFIG=$(npm run -s cluster -- kubeconfig)',
      'npm run cluster -- load my/image:1',
      'npm run cluster -- status',
      'npm run cluster -- logs [kubelet]',
      'npm run cluster -- down',
      'npx vitest run --project unit src/compose',
      'npx vitest run --project network test/network/kernel-incoming.test.ts',
    ],
  },
];
