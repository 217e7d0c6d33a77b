"""What is to be known of the workers of a `tf.distribute` strategy."""


def in_many_workers(strategy):
    """Whether a strategy has replicas in other processes."""
    return getattr(strategy.extended, "_in_multi_worker_mode", lambda: False)()


def number_of_workers(strategy):
    """How many processes there are, of a strategy that has replicas in others."""
    return strategy.cluster_resolver.cluster_spec().num_tasks("worker")
