"""What a CloudTrail thing is: values without I/O, without a clock."""
