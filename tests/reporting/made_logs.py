"""Logs as the two PyTorch ports of ENAS print them, of made-up runs."""

# TDeVries/enas_pytorch: two epochs of some 100 steps, printed every 50; updates printed every second.
MACRO_PORT = """\
Namespace(batch_size=128, child_grad_bound=5.0, num_epochs=2, search_for='macro')
epoch=0\tch_step=0\tloss=2.310000\tlr=0.0500\t|g|=1.2500\tacc=0.1016\ttime=3.10it/s
epoch=0\tch_step=50\tloss=2.250000\tlr=0.0500\t|g|=0.9000\tacc=0.1500\ttime=3.20it/s
epoch=0\tch_step=100\tloss=2.150000\tlr=0.0500\t|g|=0.8000\tacc=0.2000\ttime=3.15it/s
Epoch 0: Training controller
ctrl_step=1\tloss=3.125\tent=18.25\tlr=0.0010\t|g|=0.5000\tacc=0.1250\tbl=0.10\ttime=7.50it/s
ctrl_step=3\tloss=2.500\tent=18.00\tlr=0.0010\t|g|=0.4000\tacc=0.1500\tbl=0.11\ttime=7.60it/s
Here are 10 architectures:
[3]
[5 1]
val_acc=0.1796875
--------------------------------------------------------------------------------
Epoch 0: Eval
valid_accuracy: 0.1500
test_accuracy: 0.1400
epoch=1\tch_step=0\tloss=2.100000\tlr=0.0488\t|g|=0.9500\tacc=0.2100\ttime=3.10it/s
epoch=1\tch_step=50\tloss=nan\tlr=0.0488\t|g|=inf\tacc=0.2500\ttime=3.20it/s
Epoch 1: Training controller
ctrl_step=1\tloss=1.500\tent=17.50\tlr=0.0010\t|g|=0.3000\tacc=0.2000\tbl=0.15\ttime=7.40it/s
Epoch 1: Eval
valid_accuracy: 0.2500
test_accuracy: 0.2400
"""

# MengTianjian/enas-pytorch: two epochs of some 20 steps, printed every 10, over New Year's Eve.
MICRO_PORT = """\
Experiment dir : search-EXP-20191231-235000
12/31 11:50:00 PM gpu device = 0
12/31 11:50:00 PM args = Namespace(batch_size=160, epochs=2, report_freq=10)
12/31 11:50:01 PM epoch 0 lr 5.000000e-02
12/31 11:50:10 PM train 000 2.350000e+00 10.625000
12/31 11:52:10 PM train 010 2.250000e+00 15.000000
12/31 11:54:10 PM train 020 2.150000e+00 20.000000
12/31 11:54:11 PM train_acc 20.000000
12/31 11:55:00 PM controller 000 -1.250000e+00 20.500000 20.500000
12/31 11:57:00 PM controller 010 2.500000e-01 22.000000 21.000000
12/31 11:58:00 PM valid 000 2.050000e+00 25.000000
12/31 11:58:00 PM normal cell [(0, 1), (2, 0)]
12/31 11:58:00 PM reduce cell [(1, 3), (0, 4)]
12/31 11:58:01 PM valid_acc 26.000000
12/31 11:58:02 PM epoch 1 lr 4.878000e-02
01/01 12:00:00 AM train 000 2.000000e+00 26.000000
01/01 12:02:00 AM train 010 1.900000e+00 30.000000
01/01 12:04:00 AM controller 000 1.000000e-01 28.000000 24.000000
01/01 12:05:00 AM valid_acc 33.500000
"""
