"""Fast style transfer, built step by step after Johnson, Alahi and Fei-Fei (2016).

Pictures and files:  assets, images, painting, datasets, metrics
What "similar" means: loss_network, losses, recipes (distill made the pocket network)
Slow and exact:      optimize_image
Fast and learnt:     transform_net, training, checkpoints, stylize, super_resolution
Around them:         export, doctor, check, plots, widgets; ``python -m fst_lessons``
"""

__version__ = "0.1.0"
