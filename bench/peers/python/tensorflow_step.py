"""The tf2018 training step in TensorFlow, compiled as the tutorial's `defun` did: see common.py for how it is driven."""

import os

from common import ADAM_EPSILON, BETA1, BETA2, EPSILON, MOMENTUM, NORMS, RATE, SLOPE, VARIABLES, adam_rate, main


def load(mode, threads, device):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)

    class Trainer:
        def __init__(self, start):
            self.p = {name: tf.Variable(start[name], dtype=tf.float32) for name, _ in VARIABLES}
            self.m = {name: tf.Variable(tf.zeros_like(p)) for name, p in self.p.items()}
            self.v = {name: tf.Variable(tf.zeros_like(p)) for name, p in self.p.items()}
            self.moving = {i: (tf.Variable(tf.zeros(n)), tf.Variable(tf.ones(n))) for i, n in NORMS}
            self.steps = 0
            compiled = {"function": {}, "xla": {"jit_compile": True}}[mode]
            self.drawn = tf.function(lambda x, z, rate: self.update(x, tf.random.normal(tf.shape(z)), rate, None), **compiled)
            self.given = tf.function(self.update, **compiled)

        def norm(self, i, x):
            p, (mean, variance) = self.p, self.moving[i]
            gamma, beta = p[f"generator/bn{i}/gamma"], p[f"generator/bn{i}/beta"]
            if x.shape.rank == 2:
                batch_mean, batch_variance = tf.nn.moments(x, [0])
                y = tf.nn.batch_normalization(x, batch_mean, batch_variance, beta, gamma, EPSILON)
            else:
                y, batch_mean, batch_variance = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=EPSILON)
            mean.assign(MOMENTUM * mean + (1 - MOMENTUM) * batch_mean)
            variance.assign(MOMENTUM * variance + (1 - MOMENTUM) * batch_variance)
            return y

        def generate(self, z):
            p, n = self.p, z.shape[0]
            x = tf.nn.relu(self.norm(1, z @ p["generator/fc1/kernel"]))
            x = tf.reshape(x, (n, 7, 7, 64))
            x = tf.nn.conv2d_transpose(x, p["generator/conv1/kernel"], (n, 7, 7, 64), 1)
            x = tf.nn.relu(self.norm(2, x))
            x = tf.nn.conv2d_transpose(x, p["generator/conv2/kernel"], (n, 14, 14, 32), 2)
            x = tf.nn.relu(self.norm(3, x))
            return tf.tanh(tf.nn.conv2d_transpose(x, p["generator/conv3/kernel"], (n, 28, 28, 1), 2))

        def judge(self, x, masks):
            p = self.p
            for layer in (1, 2):
                x = tf.nn.conv2d(x, p[f"discriminator/conv{layer}/kernel"], 2, "SAME")
                x = tf.nn.leaky_relu(tf.nn.bias_add(x, p[f"discriminator/conv{layer}/bias"]), SLOPE)
                x = tf.nn.dropout(x, RATE) if masks is None else x * masks[layer - 1]
            return tf.reshape(x, (x.shape[0], 6272)) @ p["discriminator/fc1/kernel"] + p["discriminator/fc1/bias"]

        def update(self, reals, z, rate, masks):
            names = {pool: [n for n in self.p if n.startswith(pool)] for pool in ("generator", "discriminator")}
            with tf.GradientTape(persistent=True) as tape:
                real = self.judge(reals, masks and masks[:2])
                fake = self.judge(self.generate(z), masks and masks[2:])
                entropy = lambda label, x: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.fill(tf.shape(x), label), logits=x))
                g = entropy(1.0, fake)
                d = entropy(1.0, real) + entropy(0.0, fake)
            slopes = {}
            for pool, loss in (("generator", g), ("discriminator", d)):
                slopes.update(zip(names[pool], tape.gradient(loss, [self.p[n] for n in names[pool]])))
            del tape
            for name, slope in slopes.items():
                m, v = self.m[name], self.v[name]
                m.assign(BETA1 * m + (1 - BETA1) * slope)
                v.assign(BETA2 * v + (1 - BETA2) * slope * slope)
                self.p[name].assign_sub(rate * m / (tf.sqrt(v) + ADAM_EPSILON))
            return g, d

        def prepare(self, reals, noise):
            return tf.constant(reals), tf.constant(noise)

        def finals(self):
            found = {name: value.numpy() for name, value in self.p.items()}
            for i, (mean, variance) in self.moving.items():
                found[f"generator/bn{i}/moving_mean"] = mean.numpy()
                found[f"generator/bn{i}/moving_variance"] = variance.numpy()
            return found

        def step(self, reals, z, masks):
            self.steps += 1
            rate = tf.constant(adam_rate(self.steps), tf.float32)
            result = self.drawn(reals, z, rate) if masks is None else self.given(reals, z, rate, [tf.constant(m) for m in masks])
            return [loss.numpy() for loss in result]

    return Trainer, tf.__version__


if __name__ == "__main__":
    main(["function", "xla"], load)
